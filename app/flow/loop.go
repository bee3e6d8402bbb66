package flow

import "time"

// Loop is how view-models leave the goroutine of the window, and come back to it.
type Loop struct {
	Run  func(work func())   // starts work elsewhere; in the console a goroutine
	Post func(result func()) // runs result in the goroutine of the window, in the order of the calls

	// After runs f in the goroutine of the window after a while.
	After func(d time.Duration, f func())
}

// model is what all view-models have: watchers, and a count of what made earlier results obsolete.
type model struct {
	loop     Loop
	round    int
	watchers []func()
	failed   func(error) // hears of every error, after the model; nil for nobody
}

func (m *model) base() *model { return m }

// OnChange adds a function that is called, in the goroutine of the window, whenever something has changed.
func (m *model) OnChange(f func()) { m.watchers = append(m.watchers, f) }

func (m *model) changed() {
	for _, f := range m.watchers {
		f()
	}
}

// forget makes results that are still to come obsolete.
func (m *model) forget() { m.round++ }

// background runs work elsewhere and hands its result to done, unless the model forgot it meanwhile.
func background[T any](m *model, work func() (T, error), done func(T, error)) {
	m.forget()
	round := m.round
	m.loop.Run(func() {
		result, err := work()
		m.loop.Post(func() {
			if m.round != round {
				return
			}
			done(result, err)
			if err != nil && m.failed != nil {
				m.failed(err)
			}
		})
	})
}
