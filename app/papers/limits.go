package papers

const maxCards = 32 // in a set
