package appliance

import "encoding/json"

// noteBackup notes that a backup was written. Nothing depends on the note but that people are told how old the last backup is: where it
// cannot be written, the backup is as good.
func (a *Appliance) noteBackup(info *BackupInfo) {
	if b, err := json.Marshal(info); err == nil {
		_ = replaceFile(a.path(backupNote), b)
	}
}

// LastBackup returns what the last backup held that this computer made, or nil when nobody knows of one.
func (a *Appliance) LastBackup() *BackupInfo {
	b, err := readFile(a.path(backupNote), maxBackupNote)
	if err != nil {
		return nil
	}
	info := new(BackupInfo)
	if json.Unmarshal(b, info) != nil || info.Time.IsZero() || info.Size <= 0 {
		return nil
	}
	return info
}
