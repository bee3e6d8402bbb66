// Package screen draws the console: a shell of status strip, rail, key hints and the present screen, and one view per view-model of
// package flow.
//
// What lives here: the theme, the widgets, and what is where. What may not: decisions, which the view-models take, and the
// application itself (fyne/v2/app), so that every view can be drawn in a test without a display and without cgo.
//
// Widgets that a person operates ([Field], [KeyButton], [RowList]) live as long as their view and keep text and focus. All else is
// drawn anew from the view-model whenever it changes.
package screen
