package batch

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
)

var reportHead = []string{"line", "file", "name", "kind", "result", "address", "package", "words", "reason"}

// WriteCSV writes rows as a table, in UTF-8 with commas, whose first line names the columns. What somebody else chose cannot become a
// formula in a spreadsheet.
func WriteCSV(w io.Writer, rows []Row) error {
	out := csv.NewWriter(w)
	_ = out.Write(reportHead) // Error has it
	for i := range rows {
		r := &rows[i]
		_ = out.Write([]string{
			strconv.Itoa(r.Line), Inert(r.Source), Inert(r.Name), Inert(r.Kind), r.Result(), r.Address, Inert(r.Package), r.Words, Inert(r.Reason),
		})
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}

// Result is the action in the tense that it has by now.
func (r *Row) Result() string {
	switch {
	case r.Done && r.Action == Create:
		return "created"
	case r.Done && r.Action == Renew:
		return "renewed"
	}
	return string(r.Action)
}

// Inert keeps spreadsheets from calculating a cell: it puts an apostrophe before what would be a formula.
func Inert(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
