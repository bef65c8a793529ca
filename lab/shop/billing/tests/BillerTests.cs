using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Shop.Billing.Tests;

public sealed class BillerTests
{
    private const string Order = """
        {"order":"0b0e7a0e-5a35-4d0c-9d0f-3d8b4f1f2a11","customer":"6f1c1a52-3f0b-4f57-8a1b-3a6a4f0f2b10","cents":1999,"currency":"EUR"}
        """;

    private readonly MemoryInvoices invoices = new();
    private readonly MemoryEvents events = new();

    private Task<bool> Handle(string body) =>
        new Biller(invoices, TimeProvider.System, NullLogger<Biller>.Instance)
            .Handle(Encoding.UTF8.GetBytes(body), events, CancellationToken.None);

    [Fact]
    public async Task AnOrderIsBilledOnce()
    {
        Assert.True(await Handle(Order));
        Assert.True(await Handle(Order));
        Assert.Equal(1999, Assert.Single(invoices.All).Cents);
        Assert.Single(events.Bodies);
    }

    [Fact]
    public async Task TheEventNamesNoCustomer()
    {
        await Handle(Order);
        Assert.DoesNotContain("6f1c1a52", Assert.Single(events.Bodies));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"order\":\"0b0e7a0e-5a35-4d0c-9d0f-3d8b4f1f2a11\"}")]
    public async Task UnreadableEventsAreRefused(string body)
    {
        Assert.False(await Handle(body));
        Assert.Empty(invoices.All);
    }

    [Theory]
    [InlineData("1999", "0")]
    [InlineData("1999", "\"1999\"")]
    [InlineData("EUR", "euros")]
    [InlineData("EUR", "EUR\\n")]
    [InlineData("\"cents\"", "\"$type\":\"System.Object\",\"cents\"")]
    public async Task MalformedFieldsAreRefused(string good, string bad)
    {
        Assert.False(await Handle(Order.Replace(good, bad)));
        Assert.Empty(invoices.All);
    }

    [Fact]
    public async Task ACustomerSeesOnlyOwnInvoices()
    {
        await Handle(Order);
        var invoice = Assert.Single(invoices.All);
        Assert.NotNull(await invoices.Find(invoice.Id, invoice.Customer, CancellationToken.None));
        Assert.Null(await invoices.Find(invoice.Id, Guid.NewGuid(), CancellationToken.None));
    }
}
