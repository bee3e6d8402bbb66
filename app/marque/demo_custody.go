package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/google/go-tpm/tpm2"
	"github.com/google/go-tpm/tpm2/transport/linuxudstpm"

	"marque/app/localapi"
	"marque/app/papers"
	"marque/app/terminal"
	"marque/authority"
	"marque/device"
	"marque/device/wire"
	"marque/hsm"
)

var (
	errCard     = errors.New("the card is not what was expected")
	errRecord   = errors.New("a secret stands in the record")
	errOutcome  = errors.New("the officers' decision did not come out as it should")
	errOtherNew = errors.New("the device rotated to another core")
)

// paperCards reads the sheets of one kind of card, as their holders would type them.
func (d *demo) paperCards(purpose string, n int) ([][]byte, error) {
	var files []string
	for i := range n {
		files = append(files, d.path("papers", fmt.Sprintf("%s-%d-of-%d.txt", purpose, i+1, demoCards.Total)))
	}
	return readCards(files)
}

// cards enters every card again, from sheets and pictures, and one with a character changed.
func (d *demo) cards() (string, error) {
	backup, err1 := d.paperCards("backup", demoCards.Total)
	next, err2 := d.paperCards("next-core", demoCards.Total)
	if err := errors.Join(err1, err2); err != nil {
		return "", err
	}
	picture, err := readCard(d.path("papers", "backup-1-of-3.png"))
	if err != nil {
		return "", err
	}
	for _, card := range append(slices.Concat(backup, next), picture) {
		if _, err := d.authority.CheckCard(card); err != nil {
			return "", err
		}
	}
	wrong := bytes.ReplaceAll(bytes.ReplaceAll(backup[0], []byte(" "), nil), []byte("\n"), nil)
	wrong[len(wrong)/2] ^= 'A' ^ 'B'
	if _, err := d.authority.CheckCard(wrong); err == nil {
		return "", errCard
	}
	record, err := os.ReadFile(d.path("papers", papers.RecordFile))
	if err != nil {
		return "", err
	}
	if bytes.Contains(record, []byte(cardPrefix)) {
		return "", errRecord
	}
	return fmt.Sprintf("%d cards, of which any %d give a secret back, were entered again and verified one by one; one with a slip of the pen was refused",
		len(backup)+len(next), demoCards.Needed), nil
}

// drill shows that nothing is issued before it, and passes it.
func (d *demo) drill() (string, error) {
	request, err := d.busA.device.Request()
	if err != nil {
		return "", err
	}
	_, err = d.authority.Enrol(request)
	if err := refused(err, authority.ErrDrillPending); err != nil {
		return "", err
	}
	cards, err := d.paperCards("backup", demoCards.Needed)
	if err != nil {
		return "", err
	}
	err = d.timed("restore the master secret from cards into a second vault", func() (int, error) { return 0, d.authority.Drill(cards) })
	if err != nil {
		return "", err
	}
	s, err := d.statusIs(localapi.Open)
	return fmt.Sprintf("nothing is issued before it; two cards gave the master secret back; the authority is of %s grade now", s.Custody.Grade), err
}

// quorum shows that one officer opens nothing, and two do.
func (d *demo) quorum() (string, error) {
	if err := d.leave(); err != nil {
		return "", err
	}
	err := d.arrive(demoOfficers[2])
	if err := errors.Join(refused(err, hsm.ErrQuorum), d.leave()); err != nil {
		return "", err
	}
	err = d.timed("start the service, sign two officers on, unlock", func() (int, error) { return 0, d.arrive(demoOfficers[1:]...) })
	if err != nil {
		return "", err
	}
	_, err = d.statusIs(localapi.Open)
	return fmt.Sprintf("%s alone opened nothing; with %s it opened", demoOfficers[2], demoOfficers[1]), err
}

// together lets one officer ask for a change of the policy, and another one decide it.
func (d *demo) together() (string, error) {
	if err := d.authority.SignOff(nil); err != nil {
		return "", err
	}
	one := d.home
	one.officers = demoOfficers[:1]
	two := d.home
	two.officers = demoOfficers[1:2]
	s, err := d.statusIs(localapi.Open)
	if err != nil {
		return "", err
	}
	if err := one.signOn(d.authority, s); err != nil {
		return "", err
	}
	asked, err := d.authority.SetPolicy(localapi.Policy{HardExpiry: 14 * 24 * time.Hour})
	if err != nil {
		return "", err
	}
	if asked.Done || asked.Proposal == nil || asked.Proposal.Missing != 1 {
		return "", errOutcome
	}
	if err := errors.Join(d.authority.SignOff(nil), two.signOn(d.authority, s)); err != nil {
		return "", err
	}
	decided, err := d.authority.Approve(asked.Proposal.Digest)
	if err == nil && !decided.Done {
		err = errOutcome
	}
	return fmt.Sprintf("%s asked for another policy, nothing happened before %s approved the digest of exactly that", demoOfficers[0], demoOfficers[1]), err
}

// extend makes the software TPM measure another boot loader.
func (d *demo) extend() error {
	t, err := linuxudstpm.Open(d.vault.tpm)
	if err != nil {
		return err
	}
	const bootLoader = 4
	_, err = tpm2.PCRExtend{
		PCRHandle: tpm2.AuthHandle{Handle: tpm2.TPMHandle(bootLoader), Auth: tpm2.PasswordAuth(nil)},
		Digests:   tpm2.TPMLDigestValues{Digests: []tpm2.TPMTHA{{HashAlg: tpm2.TPMAlgSHA256, Digest: bytes.Repeat([]byte{0x5a}, 32)}}},
	}.Execute(t)
	return errors.Join(err, t.Close())
}

// update boots another boot loader: the vault stays shut until the officers' key approves it, and nothing is sealed anew.
func (d *demo) update() (string, error) {
	if err := errors.Join(d.leave(), d.extend()); err != nil {
		return "", err
	}
	err := d.arrive(demoOfficers[:2]...)
	if err := refused(err, hsm.ErrPlatformChanged); err != nil {
		return "", err
	}
	key, err := papers.ReadApprovalKey(d.path("papers", papers.ApprovalKeyFile))
	if err != nil {
		return "", err
	}
	defer clear(key)
	err = d.timed("approve the new platform", func() (int, error) { return 0, d.authority.ApprovePlatform(localapi.Approval{Key: key}) })
	if err := errors.Join(err, d.leave()); err != nil {
		return "", err
	}
	if err := d.arrive(demoOfficers[:2]...); err != nil {
		return "", err
	}
	if _, err := d.authority.RetirePlatforms(); err != nil {
		return "", err
	}
	_, err = d.statusIs(localapi.Open)
	return "another boot loader was measured, and the vault stayed shut until the officers' approval key signed that; nothing was sealed anew, and the old one is retired", err
}

// rollback puts an old database back, and then the new one again.
func (d *demo) rollback() (string, error) {
	file, old := d.path("authority", "authority.db"), d.path("old-authority.db")
	if err := errors.Join(d.leave(), duplicate(file, old), d.arrive(demoOfficers[:2]...)); err != nil {
		return "", err
	}
	if _, err := publish(d.authority, d.path("published")); err != nil {
		return "", err
	}
	newest := d.path("newest-authority.db")
	if err := errors.Join(d.leave(), os.Rename(file, newest), duplicate(old, file), d.arrive(demoOfficers[:2]...)); err != nil {
		return "", err
	}
	if _, err := d.statusIs(localapi.ReadOnly); err != nil {
		return "", err
	}
	_, err := d.authority.Publish()
	if err := errors.Join(refused(err, authority.ErrRolledBack), d.leave(), os.Rename(newest, file), d.arrive(demoOfficers[:2]...)); err != nil {
		return "", err
	}
	_, err = d.statusIs(localapi.Open)
	return "the folder's database was replaced by yesterday's: the TPM's counter knew, and nothing could be changed; with the newest one all is well", err
}

// duplicate copies a file.
func duplicate(from, to string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return terminal.Write(nil, to, b, true)
}

// rotate reveals the next core from its cards, and lets a device follow.
func (d *demo) rotate() (string, error) {
	if err := d.leave(); err != nil {
		return "", err
	}
	cards, err := d.paperCards("next-core", demoCards.Needed)
	if err != nil {
		return "", err
	}
	var made *founded
	err = d.timed("found the next core's authority from its cards", func() (_ int, err error) {
		made, err = d.foundNext(cards)
		return 0, err
	})
	if err != nil {
		return "", err
	}
	core, err := terminal.Read(nil, made.Papers.Core, wire.MaxStatement)
	if err != nil {
		return "", err
	}
	var r *device.Rotated
	err = d.timed(d.parking.name+" rotates", func() (_ int, err error) {
		r, err = d.parking.device.Rotate(core)
		return len(core), err
	})
	if err != nil {
		return "", err
	}
	if demoWords(r.CoreHash) != made.Words {
		return "", errOtherNew
	}
	return fmt.Sprintf("after a compromise two cards revealed the core that the realm had committed to, with the words %q; %s believed it unasked",
		made.Words, d.parking.name), nil
}
