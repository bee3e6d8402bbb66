package ceremony

import (
	"slices"
	"strings"
	"unicode"

	"marque/authority"
)

func (t *table) officers(p *Plan) {
	tables := t.each("officer")
	unlock, there := t.within("unlock")
	needed, given := unlock.number("needed")
	unlock.end(unlockKeys...)
	before := len(t.r.mistakes)
	for _, o := range tables {
		p.Officers = append(p.Officers, o.officer(p.Officers))
	}
	unsure := len(t.r.mistakes) > before // who counts as a security officer
	switch security := p.Security(); {
	case p.Vault.Kind == "": // which is a mistake of its own
	case p.Vault.Kind == VaultPassphrase:
		if len(tables) > 0 || there {
			t.wrong("officer", `does not go with a passphrase vault; write kind = "tpm" in [vault], or remove [[officer]] and [unlock]`)
		}
		p.Officers = nil
	case len(tables) == 0:
		t.wrong("officer", `is missing; write [[officer]] and below it name and role, for each officer`)
	case len(tables) > maxOfficers:
		t.wrong("officer", "stands there %d times; at most %d officers", len(tables), maxOfficers)
	case unsure:
	case security == 0:
		t.wrong("officer", `is never a security officer; at least one has role = "security officer", since only they unlock`)
	case !there || !given:
		unlock.wrong("needed", "is missing; write [unlock] and below it needed = %d, how many security officers unlock together", min(2, security))
	case needed < 1 || needed > int64(security):
		unlock.wrong("needed", "is impossible; write 1 to %d, since there are %d security officers", security, security)
	default:
		p.Unlock = int(needed)
	}
}

// officer takes one officer; before are those that stand above.
func (t *table) officer(before []Officer) (o Officer) {
	var named bool
	o.Name, named = t.text("name")
	role, there := t.text("role")
	switch {
	case !named:
		t.wrong("name", `is missing; write name = "Ada Byron"`)
	case !goodName(o.Name):
		t.wrong("name", "cannot be one; write 1 to %d octets: letters, digits, . - ' and single spaces between them", maxName)
	case slices.ContainsFunc(before, func(p Officer) bool { return strings.EqualFold(p.Name, o.Name) }):
		t.wrong("name", "is that of another officer; write the full name of each")
	}
	i := slices.IndexFunc(roles, func(r authority.Role) bool { return r.String() == role })
	switch {
	case !there:
		t.wrong("role", "is missing; %s", roleSpelling)
	case i < 0 && strings.Contains(role, "auditor"):
		t.wrong("role", "is impossible; an auditor has no other role, because nobody checks their own work")
	case i < 0:
		t.wrong("role", "is not a role; %s", roleSpelling)
	default:
		o.Role = roles[i]
	}
	t.end(officerKeys...)
	return o
}

// goodName is the rule of package hsm.
func goodName(name string) bool {
	for _, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(" .-'", r) {
			return false
		}
	}
	return len(name) > 0 && len(name) <= maxName && strings.Join(strings.Fields(name), " ") == name
}

func (t *table) cards(p *Plan) {
	backup, there := t.within("backup")
	numbers, ok := backup.numbers(there, p.Vault.Kind == VaultTPM, "the master secret is lost with the TPM")
	p.Backup = numbers
	drill, said := backup.text("drill")
	switch {
	case !said:
	case drill != drillBefore && drill != drillWaived:
		backup.wrong("drill", "is neither; write %q, or %q to go without, which is shown for ever", drillBefore, drillWaived)
	case p.Backup.None() && ok:
		backup.wrong("drill", "has no cards to be made with; remove it, or write cards and needed")
	default:
		p.Waived = drill == drillWaived
	}
	backup.end(backupKeys...)
	next, there := t.within("next-core")
	p.Next, _ = next.numbers(there, p.Vault.Kind == VaultTPM, "there is no way on after a compromise")
	next.end(nextKeys...)
}

// numbers takes how many cards there are. Where they have to be thought about, they must be named.
func (t *table) numbers(there, must bool, without string) (c Cards, ok bool) {
	total, total1 := t.number("cards")
	needed, needed1 := t.number("needed")
	switch {
	case !there && must:
		t.wrong("cards", "is missing; write [%s] and below it cards = 5 and needed = 3, or cards = 0 to go without: then %s", t.path, without)
	case !total1 && there:
		t.wrong("cards", "is missing; write how many there are, or 0 for none")
	case total < 0 || total > maxCards:
		t.wrong("cards", "is impossible; write 1 to %d, or 0 for none", maxCards)
	case total == 0 && needed1 && needed != 0:
		t.wrong("needed", "does not go with cards = 0; remove it")
	case total > 0 && (!needed1 || needed < 1 || needed > total):
		t.wrong("needed", "must say how many of the cards give the secret back; write 1 to %d", total)
	default:
		return Cards{Needed: int(needed), Total: int(total)}, true
	}
	return Cards{}, false
}
