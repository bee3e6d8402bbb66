package device

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"marque/device/ibc"
)

// Device is one enrolled vehicle or application and the folder that it lives in. It is safe for concurrent use. Only one process can hold a
// folder at a time.
type Device struct {
	o      Options
	folder *folder
	floor  floor

	saving     sync.Mutex // serialises everything that writes to the folder; taken before mu
	generation uint64     // of the state on disk; guarded by saving
	newest     int        // slot with it; guarded by saving
	counting   counting

	mu      sync.RWMutex // guards what follows; operations hold it for reading
	closed  bool
	wanted  Wanted
	request [32]byte   // hash of the last request
	enrol   *enrolment // nil once its package is installed
	realm   *realm     // nil until then
	list    *list      // nil until one is applied
	mark    listMark   // the highest list ever applied
	carried *carried   // what brings others to the list
	trust   trusted    // other realms
	alarms  []Alarm
	// the last change of cores; nil when there was none
	rotation *rotation

	seen       *replay
	peers      *peers
	cold       *bucket
	recipients recipients
	sessions   sessions
	sharing    sharing
	beacons    *beacons
}

// Create makes a device folder with an enrolment request in it, and opens it. dir must not exist; its parent must. Nothing is left behind
// when it fails.
func Create(dir string, w Wanted, o Options) (*Device, error) {
	d, err := create(dir, w, o)
	if err != nil {
		return nil, fmt.Errorf("create device: %w", err)
	}
	return d, nil
}

func create(dir string, w Wanted, o Options) (_ *Device, err error) {
	if o, err = o.check(); err != nil {
		return nil, err
	}
	if _, err := os.Lstat(dir); err == nil {
		return nil, fmt.Errorf("choose another folder: %w", fs.ErrExist)
	}
	d := newDevice(o)
	if d.enrol, err = newEnrolment(w, d.now(), o.Rand); err != nil {
		return nil, err
	}
	d.wanted, d.request = w, d.enrol.hash
	d.seen, d.peers = newReplay(o.Replay), newPeers(o.Tables)
	if o.Counter != nil {
		d.counting.used = true
		if d.counting.value, err = o.Counter.Value(); err != nil {
			return nil, counterError(err)
		}
	}
	tmp, err := os.MkdirTemp(filepath.Dir(dir), ".new-device-*")
	if err != nil {
		return nil, fmt.Errorf("make the folder: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(tmp))
		}
	}()
	if d.folder, err = makeFolder(tmp, o.Key, o.Rand); err != nil {
		return nil, err
	}
	d.folder.step = o.step
	if err := d.saveState(); err != nil {
		return nil, errors.Join(err, d.folder.close())
	}
	if err := os.Rename(tmp, dir); err != nil {
		return nil, errors.Join(fmt.Errorf("name the folder: %w", err), d.folder.close())
	}
	d.folder.dir = dir
	if err := syncDir(filepath.Dir(dir)); err != nil {
		return nil, errors.Join(err, d.folder.close())
	}
	return d, nil
}

// Load opens a device folder. It fails with ErrInUse while another process holds it, with ErrLocked for a wrong passphrase or key file,
// with ErrCounter when the counter that it was made with does not work, and with ErrCorrupt when its contents are not what was written.
func Load(dir string, o Options) (*Device, error) {
	o, err := o.check()
	if err != nil {
		return nil, fmt.Errorf("load device: %w", err)
	}
	d := newDevice(o)
	if d.folder, err = openFolder(dir, o.Key, o.Rand); err != nil {
		return nil, fmt.Errorf("load device: %w", err)
	}
	d.folder.step = o.step
	if err := d.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("load device: %w", err), d.folder.close())
	}
	return d, nil
}

// load reads the files and starts a new generation, which a record of seen messages put back by hand would not match.
func (d *Device) load() error {
	d.saving.Lock()
	defer d.saving.Unlock()
	if err := d.loadState(); err != nil {
		return err
	}
	if err := d.checkCounter(); err != nil {
		return err
	}
	lost, err := d.loadReplay()
	if err != nil {
		return err
	}
	if err := d.loadList(); err != nil {
		return err
	}
	if err := d.loadCarried(); err != nil {
		return err
	}
	if err := d.loadTrust(); err != nil {
		return err
	}
	if lost && d.realm != nil {
		d.seen.lose(d.boot().Add(d.realm.policy.Future))
	}
	d.prune()
	if err := d.saveCounted(); err != nil {
		return err
	}
	return d.forgetSingle()
}

func newDevice(o Options) *Device {
	d := &Device{o: o, cold: newBucket(coldBurst, coldPerSec), beacons: newBeacons(o.FullEvery, o.FullAfter)}
	hourly := float64(o.Share.Hourly)
	d.sharing.sessions, d.sharing.datagrams = newBucket(hourly, hourly/time.Hour.Seconds()), newBucket(hourly, hourly/time.Hour.Seconds())
	d.recipients.lru = newLRU[ibc.Identity, *ibc.Recipient](maxRecipients)
	d.sessions.live = map[talk]struct{}{}
	return d
}

// Close ends all sessions, saves what was learned, and gives the folder back. A device that was not closed accepts no messages from before
// its next start. Later calls of any method fail with ErrClosed.
func (d *Device) Close() error {
	d.sessions.closeAll() // while they still count as trusted, so that their peers hear of it
	if !d.end() {
		return nil
	}
	d.sessions.closeAll() // those made meanwhile
	d.sharing.busy.Wait() // so that Learned hears of every list that was applied

	d.saving.Lock()
	defer d.saving.Unlock()
	err := d.saveState()
	if err == nil {
		err = d.saveReplay()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.enrol.erase()
	if d.realm != nil {
		d.realm.erase()
	}
	if err := errors.Join(err, d.folder.close()); err != nil {
		return fmt.Errorf("close device: %w", err)
	}
	return nil
}

// end keeps everything from beginning, once what is being written has ended, and says whether it was the first to do so.
func (d *Device) end() bool {
	d.saving.Lock()
	defer d.saving.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	first := !d.closed
	d.closed = true
	return first
}

// ready returns the realm of an installed device. The caller holds mu.
func (d *Device) ready() (*realm, error) {
	switch {
	case d.closed:
		return nil, ErrClosed
	case d.realm == nil && d.rotation != nil:
		return nil, fmt.Errorf("the realm was rotated to its next core: %w", ErrNotInstalled)
	case d.realm == nil:
		return nil, ErrNotInstalled
	}
	return d.realm, nil
}

// prune erases the private keys whose epochs the authority's own times have passed by more than the policy's window: what was sealed then
// stays closed even to a thief. The clock alone never erases a key. The caller holds mu, or is alone.
func (d *Device) prune() {
	if d.realm == nil {
		return
	}
	if e, err := d.realm.core.Epoch(d.realm.oldest(time.UnixMilli(d.floor.signed.Load()))); err == nil {
		d.realm.keys.prune(e)
	}
}
