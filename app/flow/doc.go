// Package flow holds the view-models of the console: what each screen knows, what can be done on it, and what comes of that.
//
// What lives here: one view-model per screen, each with its states drawn above the type; the interfaces they need of the authority
// and of the machine, three methods at most; and every problem in words for the officer, as keys of the translations. What may not:
// anything of the window toolkit, files and pictures, which the program brings in, and rules, which belong to package authority.
//
// A view-model belongs to one goroutine, that of the window. Its methods return at once: what takes long runs elsewhere through
// [Loop.Run], and its result comes back through [Loop.Post]. A result that arrives after the view-model moved on is dropped.
package flow
