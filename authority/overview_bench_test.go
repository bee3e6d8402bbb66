package authority

import (
	"testing"
	"time"

	"marque/device/wire"
)

// BenchmarkSurvey counts among a million identities.
func BenchmarkSurvey(b *testing.B) {
	const n = 1_000_000
	now := time.Date(2026, 10, 14, 14, 32, 0, 0, time.UTC)
	a := &Authority{core: &wire.Core{Epoch0: now.AddDate(0, 0, -20), EpochLength: DefaultEpochLength}}
	a.ledger = newLedger(a.core)
	epoch, err := a.core.Epoch(now)
	if err != nil {
		b.Fatal(err)
	}
	for i := range n {
		a.ledger.lastEpochs = append(a.ledger.lastEpochs, epoch+uint32(i%Epochs))
		a.ledger.standings = append(a.ledger.standings, standing(i%40/39))
	}
	for b.Loop() {
		o := &Overview{Time: now}
		if err := a.survey(o); err != nil || o.Active == 0 || o.Ending.Count == 0 {
			b.Fatal(err, o)
		}
	}
}
