package flow

import (
	"context"
	"path/filepath"

	"marque/authority"
)

// Verification is how verifying the whole log stands.
//
//	idle ──VerifyAll──▶ busy ──▶ report, problem, or idle after StopVerifying
type Verification struct {
	model
	cancel   context.CancelFunc
	run      *int // which one, so that a progress of before counts no more
	watchers []func()

	Busy        bool
	Done, Total uint64
	Report      *authority.AuditReport // of the last one that ended by itself; nil before
	Problem     *Problem
}

// OnProgress adds a function that is called when the verification went on, and nothing else has changed.
func (v *Verification) OnProgress(f func()) { v.watchers = append(v.watchers, f) }

// Percent is how far it is.
func (v *Verification) Percent() int {
	if v.Total == 0 {
		return 0
	}
	return int(100 * v.Done / v.Total)
}

// end stops without a word.
func (v *Verification) end() (was bool) {
	was = v.Busy
	v.forget()
	if v.cancel != nil {
		v.cancel()
	}
	v.cancel, v.run, v.Busy = nil, nil, false
	return was
}

// VerifyAll verifies the whole log, beside everything else.
func (a *Audit) VerifyAll() {
	v := &a.Verify
	if a.service == nil || v.Busy {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	run := new(int)
	v.cancel, v.run, v.Busy, v.Done, v.Total, v.Report, v.Problem = cancel, run, true, 0, a.Size, nil, nil
	service, loop := a.service, a.loop
	progress := func(done, total uint64) {
		loop.Post(func() {
			if v.run != run {
				return
			}
			before := v.Percent()
			v.Done, v.Total = done, total
			if v.Percent() != before {
				for _, f := range v.watchers {
					f()
				}
			}
		})
	}
	background(&v.model, func() (*authority.AuditReport, error) { return service.VerifyLog(ctx, progress) }, func(r *authority.AuditReport, err error) {
		v.end()
		v.Report, v.Problem = r, explain(err, "audit.verify.failed")
		a.changed()
	})
	a.changed()
}

// StopVerifying stops it, and reports whether it went on.
func (a *Audit) StopVerifying() bool {
	was := a.Verify.end()
	if was {
		a.changed()
	}
	return was
}

// LogExport is how writing the log for auditors stands.
//
//	idle ──ExportTo──▶ busy ──▶ done or problem
type LogExport struct {
	model

	Busy    bool
	Written int64  // octets so far
	Path    string // of what was written last; empty for nothing
	Problem *Problem
}

func (e *LogExport) suspend() {
	e.forget()
	e.Busy = false
}

// ExportTo writes what marque audit verify takes into a new folder below another one.
func (a *Audit) ExportTo(folder string) {
	e := &a.Export
	if a.service == nil || e.Busy || folder == "" {
		return
	}
	name := a.console.Status.Now.Realm + "-audit-" + a.console.Status.Time().Format("2006-01-02-150405")
	path := filepath.Join(folder, name, "authority.db")
	e.Busy, e.Written, e.Path, e.Problem = true, 0, "", nil
	service := a.service
	background(&e.model, func() (struct{}, error) { return struct{}{}, service.ExportLog(path, func(int64) {}) }, func(_ struct{}, err error) {
		e.Busy, e.Problem = false, explain(err, "audit.export.failed")
		if err == nil {
			e.Path = filepath.Dir(path)
		}
		a.changed()
	})
	a.changed()
}

// VerifyCommand is what verifies an export on another computer.
func (e *LogExport) VerifyCommand() string { return "marque audit verify --dir " + quote(e.Path) }
