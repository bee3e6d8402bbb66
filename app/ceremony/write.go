package ceremony

import (
	"fmt"
	"strconv"
	"strings"
)

// TOML is the plan as a ceremony file: [Parse] gives the same plan back.
func (p *Plan) TOML() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "realm = %s\n", quoted(p.Realm))
	if len(p.SPIDs) > 0 {
		fmt.Fprintf(&b, "sp-ids = [%s]\n", quotedList(p.SPIDs))
	}
	fmt.Fprintf(&b, "\n[vault]\nkind = %s\n", quoted(p.Vault.Kind))
	if p.Vault.Kind == VaultTPM {
		fmt.Fprintf(&b, "tpm = %s\nunified = %t\n", quoted(p.Vault.TPM), p.Vault.Unified)
	}
	for _, o := range p.Officers {
		fmt.Fprintf(&b, "\n[[officer]]\nname = %s\nrole = %s\n", quoted(o.Name), quoted(o.Role.String()))
	}
	if len(p.Officers) > 0 {
		fmt.Fprintf(&b, "\n[unlock]\nneeded = %d\n", p.Unlock)
	}
	fmt.Fprintf(&b, "\n[backup]\n%s", p.Backup.toml())
	if !p.Backup.None() {
		drill := drillBefore
		if p.Waived {
			drill = drillWaived
		}
		fmt.Fprintf(&b, "drill = %s\n", quoted(drill))
	}
	fmt.Fprintf(&b, "\n[next-core]\n%s", p.Next.toml())
	fmt.Fprintf(&b, "\n[epochs]\nlength = %s\n", quoted(Duration(p.EpochLength)))
	fmt.Fprintf(&b, "\n[lists]\nnext-update = %s\nhard-expiry = %s\n", quoted(Duration(p.NextUpdate)), quoted(Duration(p.HardExpiry)))
	fmt.Fprintf(&b, "\n[messages]\npast = %s\nfuture = %s\n", quoted(Duration(p.Past)), quoted(Duration(p.Future)))
	return []byte(b.String())
}

func (c Cards) toml() string {
	if c.None() {
		return "cards = 0\n"
	}
	return fmt.Sprintf("cards = %d\nneeded = %d\n", c.Total, c.Needed)
}

// quoted writes a basic string of TOML.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case strconv.IsPrint(r):
			b.WriteRune(r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func quotedList(list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = quoted(s)
	}
	return strings.Join(out, ", ")
}
