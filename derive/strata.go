package derive

// Strata are the derivations in order: one may need what earlier strata emit. Stratum 0 sees the whole, the others one component.
var Strata = [][]*Derivation{{Components}, {HandedOut, Delivery}, {Configuration}, {Libraries}, {Interfaces}, {ThirdParties}, {Architecture, Accesses, Contracts}, {Channels}, {Images}, {Vulnerabilities}, {UpdatesFound}}
