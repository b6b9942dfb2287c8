import { mount } from "../features/mount";
import { followStreams } from "../state/streams";
import { App } from "./App";

followStreams();
mount(<App />);
