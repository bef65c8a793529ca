using System.Text.Json;

namespace Shop.Billing;

/// <summary>Tells the rest of the shop that an invoice was issued.</summary>
public interface IInvoiceEvents
{
    Task Issued(ReadOnlyMemory<byte> body, CancellationToken stop);
}

/// <summary>Turns placed orders into invoices.</summary>
public sealed class Biller(IInvoices invoices, TimeProvider clock, ILogger<Biller> log)
{
    /// <summary>Handles one message; false where it cannot be read and should not come again.</summary>
    public async Task<bool> Handle(ReadOnlyMemory<byte> body, IInvoiceEvents events, CancellationToken stop)
    {
        if (OrderPlaced.Parse(body.Span) is not { } order)
        {
            log.LogWarning("unreadable order event of {Length} bytes", body.Length);
            return false;
        }
        var invoice = await invoices.Issue(order, clock.GetUtcNow(), stop);
        if (invoice is null)
        {
            log.LogInformation("order {Order} has its invoice already", order.Order);
            return true;
        }
        // The event names no customer: accounting needs none.
        var issued = new { number = invoice.Number, order = invoice.OrderId, cents = invoice.Cents, currency = invoice.Currency };
        await events.Issued(JsonSerializer.SerializeToUtf8Bytes(issued), stop);
        log.LogInformation("invoice {Number} issued", invoice.Number);
        return true;
    }
}
