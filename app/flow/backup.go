package flow

// Keeper is what [Backup] needs of the service.
type Keeper interface {
	CardReader
}

// CardReader verifies share cards that were typed in again. The cards stay with the caller, who clears them. Errors: [ErrCardText],
// [ErrOtherCards], [ErrCardWrong], [ErrSameCard], [ErrNoCards], [ErrDrill].
type CardReader interface {
	CheckCard(card []byte) (CardCheck, error)
	Drill(cards [][]byte) error
	WaiveDrill() error
}

// Backup is the view-model of the screen about copies of the authority, and drills.
type Backup struct {
	model
	console *Console
	service Keeper
}

func newBackup(c *Console, p Parts) *Backup {
	return &Backup{model: model{loop: p.Loop}, console: c}
}

func (b *Backup) suspend() {
	b.forget()
	b.service = nil
}

func (b *Backup) resume(s Service) {
	b.service = s
	b.changed()
}

func (b *Backup) reset() {
	b.suspend()
	b.changed()
}
