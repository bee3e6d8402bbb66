package label

import "fmt"

// Format is a sheet of labels, or a single one. Lengths are in millimetres.
type Format struct {
	Name          string
	Width, Height float64 // of the page
	Columns, Rows int
	LabelWidth    float64
	LabelHeight   float64
	Left, Top     float64 // of the first label
	StepX, StepY  float64 // from one label to the next
}

// Formats returns the formats that are known, sheets first: those of the large makers of label sheets in A4 and Letter, and the usual
// rolls of label printers.
func Formats() []Format {
	return []Format{
		sheet("a4-24", 210, 297, 3, 8, 70, 37, 0, 0.5, 70, 37),                          // Avery 3474, HERMA 4464
		sheet("a4-21", 210, 297, 3, 7, 63.5, 38.1, 7.2, 15.15, 66, 38.1),                // Avery L7160
		sheet("a4-14", 210, 297, 2, 7, 99.1, 38.1, 4.65, 15.15, 101.6, 38.1),            // Avery L7163
		sheet("a4-8", 210, 297, 2, 4, 99.1, 67.7, 4.65, 13.1, 101.6, 67.7),              // Avery L7165
		sheet("letter-30", 215.9, 279.4, 3, 10, 66.675, 25.4, 4.763, 12.7, 69.85, 25.4), // Avery 5160
		sheet("letter-10", 215.9, 279.4, 2, 5, 101.6, 50.8, 3.969, 12.7, 106.363, 50.8), // Avery 5163
		single("57x32", 57, 32),
		single("62x29", 62, 29),
		single("100x50", 100, 50),
	}
}

func sheet(name string, w, h float64, columns, rows int, lw, lh, left, top, dx, dy float64) Format {
	return Format{name, w, h, columns, rows, lw, lh, left, top, dx, dy}
}

func single(name string, w, h float64) Format {
	return Format{Name: name, Width: w, Height: h, Columns: 1, Rows: 1, LabelWidth: w, LabelHeight: h}
}

// FormatOf returns the format of a name, or [ErrFormat].
func FormatOf(name string) (Format, error) {
	for _, f := range Formats() {
		if f.Name == name {
			return f, nil
		}
	}
	return Format{}, fmt.Errorf("%w: a4-24, a4-21, a4-14, a4-8, letter-30, letter-10, 57x32, 62x29, 100x50", ErrFormat)
}

// PerPage returns how many labels stand on a page.
func (f Format) PerPage() int { return f.Columns * f.Rows }
