using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Shop.Billing;

/// <summary>The event by which the orders service tells of a new order.</summary>
public sealed partial record OrderPlaced(
    [property: JsonPropertyName("order"), JsonRequired] Guid Order,
    [property: JsonPropertyName("customer"), JsonRequired] Guid Customer,
    [property: JsonPropertyName("cents"), JsonRequired] long Cents,
    [property: JsonPropertyName("currency"), JsonRequired] string Currency)
{
    private static readonly JsonSerializerOptions Strict = new()
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        MaxDepth = 2,
    };

    /// <summary>Reads an event strictly; null where anything about it is wrong.</summary>
    public static OrderPlaced? Parse(ReadOnlySpan<byte> body)
    {
        try
        {
            var order = JsonSerializer.Deserialize<OrderPlaced>(body, Strict);
            return order is { Cents: > 0, Currency: not null } && CurrencyForm().IsMatch(order.Currency) ? order : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    [GeneratedRegex("^[A-Z]{3}\\z")]
    private static partial Regex CurrencyForm();
}
