"""What puts load on a running stack, on this machine or in AWS."""
