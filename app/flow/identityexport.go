package flow

import (
	"bytes"
	"encoding/csv"
	"errors"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"marque/app/batch"
	"marque/authority"
)

// Export is how the writing of what was found into a file stands.
type Export struct {
	Busy    bool
	Path    string // of the file that was written last
	Written int    // rows in it
	Problem *Problem

	run *exporting
}

// exporting is an export that runs.
type exporting struct {
	stopped atomic.Bool
	done    atomic.Int64
	total   int
}

// Progress says how many rows were read so far, and how many there are.
func (e *Export) Progress() (done, total int) {
	if e.run == nil {
		return 0, 0
	}
	return int(e.run.done.Load()), e.run.total
}

// stop ends it after the present page.
func (e *Export) stop() {
	if e.run != nil {
		e.run.stopped.Store(true)
	}
	e.Busy, e.run = false, nil
}

var (
	errStopped = errors.New("stopped")
	errChanged = errors.New("changed meanwhile")
)

// ExportAll writes all that was found, as a table of comma-separated values, into a new file.
func (l *Identities) ExportAll() {
	if l.asked == nil || l.service == nil || l.Export.Busy {
		return
	}
	run := &exporting{total: l.Matches()}
	l.Export = Export{Busy: true, run: run}
	path := filepath.Join(l.folder, "identities-"+l.clock().Format("20060102-150405")+".csv")
	service, q, save := l.service, *l.asked, l.save
	round := l.round
	l.loop.Run(func() {
		b, err := run.table(service, q)
		if err == nil {
			err = save(path, b)
		}
		l.loop.Post(func() {
			if l.Export.run != run {
				return
			}
			l.Export.Busy, l.Export.run = false, nil
			switch {
			case errors.Is(err, errStopped):
			case err != nil:
				l.Export.Problem = explain(err, "identities.export.failed")
				if l.failed != nil && l.round == round {
					l.failed(err)
				}
			default:
				l.Export.Path, l.Export.Written = path, run.total
			}
			l.changed()
		})
	})
	l.follow(run)
	l.changed()
}

// follow shows the progress of an export from time to time.
func (l *Identities) follow(run *exporting) {
	l.loop.After(progressPause, func() {
		if l.Export.run == run {
			l.changed()
			l.follow(run)
		}
	})
}

// StopExport ends an export that runs, and leaves no file. It reports whether one ran.
func (l *Identities) StopExport() bool {
	if !l.Export.Busy {
		return false
	}
	l.Export.stop()
	l.changed()
	return true
}

// table reads all rows of a query. When something changes meanwhile, which would shift them, it begins anew.
func (e *exporting) table(service Searcher, q authority.Query) (table []byte, err error) {
	for range maxExportTries {
		if table, err = e.attempt(service, q); !errors.Is(err, errChanged) {
			return table, err
		}
	}
	return table, err
}

func (e *exporting) attempt(service Searcher, q authority.Query) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write([]string{"name", "serial", "address", "kind", "depot", "state", "issued", "keys-until", "receipt", "list", "revoked", "reason", "listed-in"})
	var version uint64
	q.Count = authority.MaxIdentities
	for q.From = 0; ; q.From += q.Count {
		if e.stopped.Load() {
			return nil, errStopped
		}
		found, err := service.Search(q)
		if err != nil {
			return nil, err
		}
		if q.From == 0 {
			version, e.total = found.Version, found.Matches
			b.Grow(min(found.Matches, maxExportGuess) * exportRow)
		} else if found.Version != version {
			return nil, errChanged
		}
		for i := range found.Rows {
			_ = w.Write(csvRow(&found.Rows[i])) // into memory
		}
		e.done.Store(int64(q.From + len(found.Rows)))
		if q.From+len(found.Rows) >= found.Matches || len(found.Rows) == 0 {
			w.Flush()
			return b.Bytes(), w.Error()
		}
	}
}

var standingWords = map[authority.Standing]string{
	authority.StandingActive: "active", authority.StandingSuspended: "suspended", authority.StandingRevoked: "revoked", authority.StandingExpired: "expired",
}

// csvRow is a line of the table: times in UTC as RFC 3339 has them, empty for none. No cell is a formula, whatever names devices asked for.
func csvRow(r *authority.Row) []string {
	at := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339)
	}
	list := ""
	if r.List > 0 {
		list = strconv.FormatUint(uint64(r.List), 10)
	}
	row := []string{
		batch.Inert(r.Address.Name()), strconv.FormatUint(uint64(r.Address.Serial()), 10), r.Address.String(), r.Kind.String(), batch.Inert(r.Depot),
		standingWords[r.Standing], at(r.Issued), at(r.Until), at(r.Received), list, "", "", "",
	}
	if v := r.Revoked; v != nil {
		row[10], row[11] = at(v.Effective), v.Reason.String()
		if v.List > 0 {
			row[12] = strconv.FormatUint(uint64(v.List), 10)
		}
	}
	return row
}
