// The shell in the browser. Everything here makes a working page pleasanter; nothing is needed.
import './theme-switch.js';
import './fold.js';
import './sheets.js';
import './palette.js';
import './toasts.js';
import './lists.js';
import './keys.js';
import './menus.js';
import './what.js';
import './parts.js';
import './drafts.js';
import './once.js';
import './titles.js';
