"""What every service uses: configuration, observability, HTTP, storage, idempotency, cursors and ids."""
