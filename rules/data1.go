package rules

var _ = frame(Frame{
	ID: "DATA.1/secrets-kept-out-of-files",
	Doc: `no key, credential or other sensitive data lies in source, configuration, images or temporary files

DATA.1: "No sensitive data should be stored outside of the secure container." Discharged here: the outside, that is,
places that are no store at all: source, its history, configuration in clear, image layers, files at run time, storage of
a browser. Not discharged: whether the stores that do hold sensitive data deserve to be called a secure container
(DATA.1/stores-restricted-and-encrypted).

Will be decided by source code, tagged source and configuration (source/*, config/*, image/*: values that are or contain
secrets, writes of tagged data to files), read against the one inventory of sensitive data. Satisfied: all of these were
read, none holds an entry of the inventory, and a person has confirmed the inventory. Violated: a secret, a private key or
a credential is found in one of them (this does not wait for the inventory), or other data of the confirmed inventory is;
the secret is identified by a keyed fingerprint and never stored. Not applicable: the confirmed inventory is empty and no
secret was found. The Evidence row names schemes and configuration, so grade static satisfies.`,
	Rulings:  []string{"grades", "inventory", "fingerprints", "tagged-source"},
	Plan:     "source evidence",
	Question: "Apart from its data stores and secret stores, where does the ToE keep sensitive data: in source, configuration, images, temporary files, browsers?",
	Answers: []Answer{
		{"nowhere: the inventory of sensitive data is confirmed, and a scan of source, history, configuration and image layers found none of it", Satisfied},
		{"at least one key, credential or item of the inventory lies in such a place", Violated},
		{"the ToE holds no sensitive data at all: a person confirmed an empty inventory, and a scan for secrets found none", NotApplicable},
	},
	Evidence: "the tagged list of sensitive data, and the report of a secret scan over source, its history, configuration and image layers; bring it as evidence",
})

var _ = frame(Frame{
	ID: "DATA.1/stores-restricted-and-encrypted",
	Doc: `every store of sensitive data authenticates, grants least privilege and encrypts at rest

DATA.1: "No sensitive data should be stored outside of the secure container." Discharged here: what makes a store a secure
container, by the rationale "a container that has restricted access and encrypted storage", with access "configured to
ensure least privileges and minimal access". Not discharged: sensitive data that lies in no store
(DATA.1/secrets-kept-out-of-files).

Will be decided by database schemes and configuration (config/*, kube/*: authentication, roles and grants, encryption of
volume, database or field, and how passwords are stored), by tags and data flows that tell which store holds what, and by
the one inventory of sensitive data. Satisfied: each store that holds data of the confirmed inventory authenticates its
users, gives each only what it uses, and encrypts, and passwords are slow salted hashes. Violated: such a store is open,
is used by its superuser or through grants on everything, is readable by the world, or keeps sensitive data in clear at
every level. Not applicable: the confirmed inventory gives no store any sensitive data. Encryption by a provider cannot be
seen here: it is a question, never a violation. The Evidence row names schemes and configuration, so grade static
satisfies.`,
	Rulings:  []string{"grades", "inventory", "fingerprints", "tagged-source"},
	Plan:     "configuration and schemas",
	Question: "For each store that holds sensitive data: does it require authentication, does each service have an account with only the rights it uses, and what encrypts it at rest?",
	Answers: []Answer{
		{"each has all three, and the inventory is confirmed: shown by its configuration, its grants and the setting or provider's record of encryption", Satisfied},
		{"at least one is open, shared through a superuser or blanket grants, or unencrypted at every level", Violated},
		{"no store holds sensitive data: a person confirmed an inventory that names none", NotApplicable},
	},
	Evidence: "for each store its scheme, the users with their grants, its authentication settings, and the configuration (or the provider's record) of encryption at rest, with the columns of sensitive data tagged; bring it as evidence",
})
