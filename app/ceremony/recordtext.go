package ceremony

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

const ruler = "--------------------------------------------------------------------------------\n"

// printer collects the lines of a record.
type printer struct{ strings.Builder }

func (w *printer) head(title string) { fmt.Fprintf(w, "\n%s\n%s", title, ruler) }

func (w *printer) line(name, format string, args ...any) {
	fmt.Fprintf(w, "  %-18s  %s\n", name, fmt.Sprintf(format, args...))
}

// long writes a text of letters and digits on as many lines as it takes.
func (w *printer) long(name, text string) {
	const width = 72
	for ; len(text) > width; name, text = "", text[width:] {
		w.line(name, "%s", text[:width])
	}
	w.line(name, "%s", text)
}

func (r *Record) text() []byte {
	w := &printer{}
	fmt.Fprintf(w, "RECORD OF THE FOUNDING OF %s\n%s", strings.ToUpper(r.Plan.Realm), ruler)
	w.line("began", "%s", stamp(r.Began))
	w.line("ended", "%s", stamp(r.Ended))
	w.line("program", "%s", r.Program)
	r.writeRealm(w)
	r.writeVault(w)
	r.writeOfficers(w)
	r.writeCards(w)
	w.head("Steps")
	for i, s := range r.Steps {
		fmt.Fprintf(w, "  %2d  %s  %s: %s\n", i+1, stamp(s.Time), cmp.Or(s.Who, "the program"), s.What)
	}
	w.head("Signatures of all who were present")
	names := len(r.Plan.Officers)
	for i := range max(names, 2) {
		name := ""
		if i < names {
			name = r.Plan.Officers[i].Name
		}
		fmt.Fprintf(w, "\n  %-40s  ______________________________\n", name)
	}
	return []byte(w.String())
}

func (r *Record) writeRealm(w *printer) {
	p := r.Plan
	w.head("Realm")
	w.line("realm", "%s", p.Realm)
	if len(p.SPIDs) > 0 {
		w.line("further SP-IDs", "%s", strings.Join(p.SPIDs, ", "))
	}
	w.line("words", "%s", r.Words)
	w.line("core", "%x", r.CoreHash)
	w.line("statement key", "%x", r.StatementKey)
	w.line("next core", "%s", cmp.Or(hex.EncodeToString(r.NextCore), "none: there is no way on after a compromise"))
	w.line("epochs", "from %s, %s each", stamp(r.Epoch0), Duration(p.EpochLength))
	w.line("lists", "stale after %s, refused after %s", Duration(p.NextUpdate), Duration(p.HardExpiry))
	w.line("messages", "at most %s old, at most %s ahead", Duration(p.Past), Duration(p.Future))
}

func (r *Record) writeVault(w *printer) {
	w.head("Vault")
	if r.Plan.Vault.Kind != VaultTPM {
		w.line("kind", "passphrase, for evaluation: whoever has folder and passphrase is the authority")
		return
	}
	w.line("kind", "TPM (%s), PIN and officers", r.Plan.Vault.TPM)
	for _, m := range r.Platform {
		w.line(fmt.Sprintf("approved PCR %d", m.Index), "%x", m.Digest)
	}
	if len(r.ApprovalKey) > 0 {
		w.long("approval key", hex.EncodeToString(r.ApprovalKey))
	}
}

func (r *Record) writeOfficers(w *printer) {
	if len(r.Plan.Officers) == 0 {
		return
	}
	w.head("Officers")
	for i, o := range r.Plan.Officers {
		fmt.Fprintf(w, "  %s, %s\n", o.Name, o.Role)
		if i < len(r.Officers) {
			fmt.Fprintf(w, "      key %x\n", r.Officers[i].Key)
		}
	}
	security, note := r.Plan.Security(), ""
	if r.Plan.Unlock == 1 {
		note = " (one alone: nobody looks over that officer's shoulder)"
	}
	w.line("to unlock", "%d of %d security officers%s", r.Plan.Unlock, security, note)
}

func (r *Record) writeCards(w *printer) {
	w.head("Cards")
	if len(r.CardSets) == 0 {
		w.line("cards", "none were made")
	}
	for _, s := range r.CardSets {
		w.line(s.Purpose, "%d cards, %d of them give the secret back", s.Cards.Total, s.Cards.Needed)
		w.line("  set", "%x", s.Set)
		w.long("  commitments", s.Commitments)
	}
	switch {
	case r.Plan.Backup.None():
		w.line("restore drill", "none: there are no backup cards")
	case r.Plan.Waived:
		w.line("restore drill", "WAIVED by the ceremony file")
	default:
		w.line("restore drill", "stands before the first issuing")
	}
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
