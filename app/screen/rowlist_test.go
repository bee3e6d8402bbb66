package screen_test

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// TestRowsThatComeIntoSightHaveTheColumnsOfTheirList makes a list wide and low, and then narrow and high: more rows are seen.
func TestRowsThatComeIntoSightHaveTheColumnsOfTheirList(t *testing.T) {
	s := newStage(t, fleet(t), sizes[0], false)
	s.identities("")
	s.control("S") // something above the list
	var columns []map[float32]int
	for _, size := range []fyne.Size{sizes[0], sizes[1], sizes[0]} {
		s.window.Resize(size)
		s.layOut()
		s.objects() // looking changes nothing
		columns = append(columns, s.columnsOf("10 Oct 2027"))
	}
	for _, c := range columns {
		if len(c) != 1 {
			t.Errorf("texts of the same column stand at %v", c)
		}
	}
}

// columnsOf counts the places from the left at which a text can be seen.
func (s *stage) columnsOf(text string) map[float32]int {
	columns := map[float32]int{}
	visitWindow(s.window, func(o fyne.CanvasObject, at fyne.Position) {
		if t, ok := o.(*canvas.Text); ok && t.Text == text {
			columns[at.X]++
		}
	})
	return columns
}
