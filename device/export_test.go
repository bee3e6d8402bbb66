package device

// LiveKeys returns how many private keys the device still holds, for the test that past ones are erased.
func (d *Device) LiveKeys() (n int) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	for _, k := range d.realm.keys.keys {
		if k.raw != nil || k.parsed != nil {
			n++
		}
	}
	return n
}

// SkipRecords makes both ends of a session as old as after n records each way, for the test of the record limit.
func SkipRecords(n uint64, ends ...*Session) {
	for _, s := range ends {
		s.in.seq, s.out.seq = n, n
	}
}
