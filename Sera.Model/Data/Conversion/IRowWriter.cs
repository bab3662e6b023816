namespace Sera.Model.Data.Conversion;

/// <summary>Takes rows of one shape, one after another; nothing is complete before it is disposed of.</summary>
internal interface IRowWriter : IDisposable
{
    void Write(TextRow row);
}
