package papers

import (
	"bytes"
	"fmt"
	"strings"

	"marque/app/ceremony"
)

const (
	cardGroup  = 4 // characters
	cardGroups = 8 // on a line
)

// cardSheet is one card for print. The caller clears it.
func cardSheet(plan *ceremony.Plan, purpose string, i, n int, card []byte) []byte {
	numbers, use := cardUse(plan, purpose)
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n%s card %d of %d\n%d %s\nKeep it where nobody else does, and where no two of them are.\n\n",
		plan.Realm, strings.ReplaceAll(purpose, "-", " "), i, n, numbers.Needed, use)
	for i := 0; i < len(card); i += cardGroup {
		b.Write(card[i:min(i+cardGroup, len(card))])
		if i/cardGroup%cardGroups == cardGroups-1 {
			b.WriteByte('\n')
		} else {
			b.WriteByte(' ')
		}
	}
	b.WriteByte('\n')
	return b.Bytes()
}
