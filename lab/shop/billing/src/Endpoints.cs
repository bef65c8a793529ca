using System.Security.Claims;

namespace Shop.Billing;

/// <summary>The HTTP face of the service. What it does not open needs a token.</summary>
public static class Endpoints
{
    public static void MapBilling(this IEndpointRouteBuilder app)
    {
        app.MapGet("/health", () => Results.NoContent()).AllowAnonymous();

        app.MapGet("/invoices", async (ClaimsPrincipal user, IInvoices invoices, CancellationToken stop) =>
            (await invoices.OfCustomer(user.Customer(), stop)).Select(View.Of));

        app.MapGet("/invoices/{id:guid}", async (Guid id, ClaimsPrincipal user, IInvoices invoices, CancellationToken stop) =>
            await invoices.Find(id, user.Customer(), stop) is { } invoice
                ? Results.Ok(View.Of(invoice))
                : Results.NotFound());
    }

    /// <summary>What a customer sees of an invoice.</summary>
    private sealed record View(Guid Id, string Number, Guid Order, long Cents, string Currency, DateTimeOffset IssuedAt)
    {
        public static View Of(Invoice invoice) => new(
            invoice.Id, invoice.Number, invoice.OrderId, invoice.Cents, invoice.Currency, invoice.IssuedAt);
    }
}
