package fact

import "assay/artefact"

// Promised is an operation that a document describes: OpenAPI, AsyncAPI, .proto, GraphQL. It is what somebody wrote of an interface, whoever serves or asks it; that it is served is another question.
// Format is openapi, asyncapi, proto, graphql. Protocol is as in Endpoint: http, grpc, graphql, and of AsyncAPI that of its servers ("" if they have several or say none). Method is the
// HTTP method; of gRPC package.Service/Method; of GraphQL Query.name, Mutation.name, Subscription.name; of AsyncAPI send or receive, as the application sees it. Path is a template as in Endpoint, without Bases;
// of AsyncAPI the address of the channel. Params are WHERE:NAME as in Endpoint, sorted (body by its type). Result is the type of what is answered, "" if nothing says. Operation is its
// name in the document. Bases are the addresses below which it is said to be served, sorted. Security are the ways in which callers may show who they are, one of which is enough:
// mechanisms as in Guard, joined by + where all are needed, or none; sorted. It is empty if the document says nothing of that. It is a claim: nothing enforces it.
type Promised struct {
	Format, Protocol, Method, Path string
	Params                         []string
	Result, Operation              string
	Bases, Security                []string
	Site                           Site
}

// Contract is what became of an operation in a component that serves what a document describes. State is served (the code answers to it), unseen (the document promises it, and the code does not show it) or
// unpromised (the code answers to it, and the document, which describes others of its endpoints, does not have it). Document is the unit of the document; Security what it demands, as in Promised.
// An unseen operation may be served by code that is generated when the component is built: then the document is all that there is to know it by.
type Contract struct {
	Component, Document    string
	Protocol, Method, Path string
	State                  string
	Security               []string
	Site                   Site
}

func (Promised) fact() {}
func (Contract) fact() {}

var (
	_ = register[Promised](artefact.Schema).optional()
	_ = register[Contract]()
)
