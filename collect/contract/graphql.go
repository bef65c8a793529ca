package contract

import (
	"errors"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"assay/fact"
)

// GraphQL reads schemas of GraphQL. A document of queries promises nothing: it asks.
var GraphQL = collector("graphql", "What a GraphQL schema promises: queries, mutations and subscriptions with their arguments, and directives that demand to know the caller.", graphql)

// guards are directives by which schemas commonly say that the caller must be known, in lower case.
var guards = []string{"auth", "authenticated", "isauthenticated", "requiresauth", "authorized", "authorize", "hasrole", "hasscope", "requiresscopes", "aws_auth", "aws_cognito_user_pools", "aws_oidc", "secured", "policy"}

const maxTokens = 1 << 20

func graphql(r *reader) error {
	if nesting(r.Data) > maxNesting {
		return errors.New("line 1: brackets are nested too deep")
	}
	source := &ast.Source{Input: r.Data}
	doc, err := parser.ParseSchemaWithLimit(source, maxTokens)
	if err != nil {
		if _, e := parser.ParseQueryWithTokenLimit(source, maxTokens); e == nil {
			return nil
		}
		return err
	}
	roots := map[string]string{"Query": "Query", "Mutation": "Mutation", "Subscription": "Subscription"}
	for _, s := range append(slices.Clone(doc.Schema), doc.SchemaExtension...) {
		for _, o := range s.OperationTypes {
			roots[o.Type] = strings.ToUpper(string(o.Operation[:1])) + string(o.Operation[1:])
		}
	}
	for _, t := range append(slices.Clone(doc.Definitions), doc.Extensions...) {
		root, ok := roots[t.Name]
		if !ok || t.Kind != ast.Object {
			continue
		}
		for _, f := range t.Fields {
			x := fact.Promised{Format: "graphql", Protocol: "graphql", Method: root + "." + f.Name, Operation: t.Name + "." + f.Name, Result: f.Type.String()}
			for _, a := range f.Arguments {
				x.Params = append(x.Params, "query:"+a.Name)
			}
			if guarded(t.Directives) || guarded(f.Directives) {
				x.Security = []string{"custom"}
			}
			if !r.promise(x, f.Position.Line) {
				return nil
			}
		}
	}
	return nil
}

func guarded(list ast.DirectiveList) bool {
	return slices.ContainsFunc(list, func(d *ast.Directive) bool { return slices.Contains(guards, strings.ToLower(d.Name)) })
}
