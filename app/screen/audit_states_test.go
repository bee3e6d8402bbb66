package screen_test

import (
	"context"

	"fyne.io/fyne/v2"

	"marque/app/flow"
	"marque/authority"
)

var auditStates = []state{
	{"audit-empty", true, func(s *stage) { audit(s); s.typed("tram-999"); s.settle() }},
	{"audit-done", true, func(s *stage) {
		audit(s)
		s.key(fyne.KeyF5)
		s.settle()
		for range 4 {
			s.key(fyne.KeyDown)
		}
		s.key(fyne.KeyReturn)
		s.settle()
	}},
	{"audit-busy", true, func(s *stage) {
		s.place.verify = func(ctx context.Context, progress func(done, total uint64)) (*authority.AuditReport, error) {
			progress(813_400, 1_204_118)
			return nil, ctx.Err()
		}
		audit(s)
		s.console.Audit.VerifyAll()
		s.console.Audit.Verify.Done, s.console.Audit.Verify.Total = 813_400, 1_204_118
		s.shell.Draw()
	}},
	{"audit-error", true, func(s *stage) {
		s.place.verify = func(context.Context, func(done, total uint64)) (*authority.AuditReport, error) {
			return &authority.AuditReport{Size: 20, Findings: []authority.Finding{
				{Place: authority.InEntry, Index: 5, What: "it revokes serial 1 a second time"},
				{Place: authority.InCheckpoint, Index: 6, What: "the authority signed for another log: entries were changed after it"},
			}}, nil
		}
		audit(s)
		s.key(fyne.KeyF5)
		s.settle()
	}},
	{"audit-found", true, func(s *stage) {
		audit(s)
		s.console.Audit.SetClass(authority.LogRevoked)
		s.settle()
	}},
}

func audit(s *stage) {
	s.unlock()
	s.console.Open(flow.PlaceAudit)
	s.settle()
}
