import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "../../shared/page.css";
import "./poll.css";
import { Poll } from "./Poll.tsx";

const root = document.getElementById("root");
if (root === null) throw new Error("The page has no element #root.");
createRoot(root).render(
  <StrictMode>
    <Poll />
  </StrictMode>,
);
