//! PyTorch's default generator on the processor.

use super::{Carrier, Conditions, Factor, Kind, Level, seed};

pub(super) struct TorchCpu;

impl Factor for TorchCpu {
    fn name(&self) -> &'static str {
        "torch-cpu"
    }

    fn summary(&self) -> &'static str {
        "the start of PyTorch's generator on the processor"
    }

    fn mend(&self) -> &'static str {
        "Initial weights, dropout and shuffling draw from torch's default generator. Call \
         `torch.manual_seed(seed)` before the first layer is made; `torch.seed()` asks for another \
         seed in every process."
    }

    fn kind(&self) -> Kind {
        Kind::Generator
    }

    fn carrier(&self) -> Carrier {
        Carrier::Shim
    }

    fn apply(&self, level: Level, conditions: &mut Conditions) {
        conditions.shim.insert("TORCH_CPU".to_owned(), seed(level));
    }
}
