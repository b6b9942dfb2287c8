import { type ComponentChild, render } from "preact";
import "../design/tokens.css";
import "../design/base.css";
import { applyTheme } from "../design/theme";
import { connect } from "../net/socket";

/** Start one of the three apps: theme, connection, page. */
export function mount(app: ComponentChild): void {
  applyTheme();
  connect();
  const root = document.getElementById("app");
  if (root === null) throw new Error("The page has no #app.");
  render(app, root);
}
