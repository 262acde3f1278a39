// The shell in the browser: theme switch, folding, sheets. Each part is a module of its own.
import './theme-switch.js';
