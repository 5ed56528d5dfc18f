import { branchNode } from "./branch-node.js";
import { collectNode } from "./collect-node.js";
import { gotoNode, returnNode } from "./goto-node.js";
import { hangupNode } from "./hangup-node.js";
import { hoursNode } from "./hours-node.js";
import { menuNode } from "./menu-node.js";
import { playNode } from "./play-node.js";
import { redirectNode } from "./redirect-node.js";
import { setNode } from "./set-node.js";
import { transferNode } from "./transfer-node.js";

/** Node types of this plugin. */
export const ivrNodes = [playNode, menuNode, collectNode, hoursNode, gotoNode, returnNode, transferNode, redirectNode, hangupNode, setNode, branchNode] as const;
