/** The page's entry: mounts the app. */
import { mount } from "svelte";
import App from "./ui/App.svelte";
import "./ui/app.css";

const target = document.getElementById("app");
if (target === null) throw new Error("index.html has no #app");
mount(App, { target });
