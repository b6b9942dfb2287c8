import { mount } from "../features/mount";
import { App } from "./App";

mount(<App />);
