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
			strconv.Itoa(r.Line), inert(r.Source), inert(r.Name), inert(r.Kind), r.Result(), r.Address, inert(r.Package), r.Words, inert(r.Reason),
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

// inert keeps spreadsheets from calculating a cell.
func inert(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
