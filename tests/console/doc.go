// Package console tests the console in a real window, on a display of its own, by typing as a person would.
package console
