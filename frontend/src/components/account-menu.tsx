import { Menu, MenuButton, MenuItem, MenuProvider, MenuSeparator } from "@ariakit/react";
import { ChevronDown, CircleUserRound, Contrast, KeyRound, LogOut, User, Wrench } from "lucide-react";
import { Link } from "react-router";
import { useSession } from "../session/context";
import type { Member } from "../session/session";
import { nextTheme, useTheme } from "./theme";

export default function AccountMenu({ member }: { member: Member }) {
  const session = useSession();
  const [theme, setTheme] = useTheme();
  return (
    <MenuProvider>
      <MenuButton className="button quiet" aria-label={`Account of ${member.email}`}>
        <User size={20} aria-hidden />
        <ChevronDown size={16} aria-hidden />
      </MenuButton>
      <Menu className="menu" gutter={6} portal>
        <p className="menu-note">
          Signed in as
          <br />
          <strong>{member.email}</strong>
        </p>
        <MenuItem className="menu-item" render={<Link to="/profile" />}>
          <CircleUserRound size={18} aria-hidden /> Your profile
        </MenuItem>
        {member.groups.includes("staff") && (
          <MenuItem className="menu-item" render={<Link to="/staff/approvals" />}>
            <Wrench size={18} aria-hidden /> For staff
          </MenuItem>
        )}
        <MenuItem className="menu-item" render={<Link to="/developers" />}>
          <KeyRound size={18} aria-hidden /> For developers
        </MenuItem>
        <MenuItem className="menu-item" hideOnClick={false} onClick={() => setTheme(nextTheme(theme))}>
          <Contrast size={18} aria-hidden /> Theme: {theme}
        </MenuItem>
        <MenuSeparator />
        <MenuItem className="menu-item" onClick={() => void session.signOut()}>
          <LogOut size={18} aria-hidden /> Sign out
        </MenuItem>
      </Menu>
    </MenuProvider>
  );
}
