package device

import linked "container/list" // package device has a list of its own

// lru is a map that forgets what was unused longest. It is not safe for concurrent use.
type lru[K comparable, V any] struct {
	limit int
	items map[K]*linked.Element
	order linked.List // of lruItem; the most recently used in front
}

type lruItem[K comparable, V any] struct {
	key   K
	value V
}

func newLRU[K comparable, V any](limit int) *lru[K, V] {
	return &lru[K, V]{limit: limit, items: map[K]*linked.Element{}}
}

// get finds a value and marks it as used.
func (l *lru[K, V]) get(k K) (v V, ok bool) {
	e, ok := l.items[k]
	if !ok {
		return v, false
	}
	l.order.MoveToFront(e)
	return e.Value.(lruItem[K, V]).value, true // the list holds nothing else
}

// put sets a value and returns the one that had to go, if any.
func (l *lru[K, V]) put(k K, v V) (gone V, evicted bool) {
	if e, ok := l.items[k]; ok {
		e.Value = lruItem[K, V]{k, v}
		l.order.MoveToFront(e)
		return gone, false
	}
	l.items[k] = l.order.PushFront(lruItem[K, V]{k, v})
	if l.order.Len() <= l.limit {
		return gone, false
	}
	return l.remove(l.order.Back()), true
}

// drop removes a value.
func (l *lru[K, V]) drop(k K) {
	if e, ok := l.items[k]; ok {
		l.remove(e)
	}
}

func (l *lru[K, V]) remove(e *linked.Element) V {
	item := l.order.Remove(e).(lruItem[K, V]) // the list holds nothing else
	delete(l.items, item.key)
	return item.value
}

// all returns the values, the least recently used first.
func (l *lru[K, V]) all() []V {
	vs := make([]V, 0, l.order.Len())
	for e := l.order.Back(); e != nil; e = e.Prev() {
		vs = append(vs, e.Value.(lruItem[K, V]).value) // the list holds nothing else
	}
	return vs
}
