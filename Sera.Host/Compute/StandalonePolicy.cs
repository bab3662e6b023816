using Sera.Host.Preparation;
using Sera.Model.Adapters;
using Sera.Model.Engine;
using Sera.Model.Models;
using Sera.Model.Models.Llama;

namespace Sera.Host.Compute;

/// <summary>A policy loaded from its folder, with an adapter over it where one is named; for verbs that need no run.</summary>
internal sealed class StandalonePolicy : IDisposable
{
    private readonly FlatParameters _parameters;
    private readonly LoraAdapter? _adapter;

    private StandalonePolicy(OpenedPolicy opened, TorchSettings settings, string? adapterFolder)
    {
        Opened = opened;
        _parameters = FlatParameters.Frozen(LlamaLayout.Of(opened.Folder.Config), opened.Folder.LoadWeights(settings.DataType, settings.Device));
        try
        {
            _adapter = adapterFolder is null ? null : PeftFolder.Read(adapterFolder, opened.Folder.Config, settings.Device, settings.DataType);
            Model = new LlamaModel(opened.Folder.Config, _parameters, _adapter);
        }
        catch
        {
            _adapter?.Dispose();
            _parameters.Dispose();
            throw;
        }
    }

    public OpenedPolicy Opened { get; }

    public LlamaModel Model { get; }

    /// <param name="settings">Applied to the process.</param>
    /// <param name="adapterFolder">A PEFT folder; null for none.</param>
    public static StandalonePolicy Load(string folder, TorchSettings settings, string? adapterFolder = null)
    {
        TorchLibrary.Require();
        settings.Apply();
        return new StandalonePolicy(OpenedPolicy.Open(folder), settings, adapterFolder);
    }

    public void Dispose()
    {
        Model.Dispose();
        _adapter?.Dispose();
        _parameters.Dispose();
    }
}
