//! PyTorch's default generators on CUDA devices.

use super::{Carrier, Conditions, Factor, Kind, Level, seed};

pub(super) struct TorchCuda;

impl Factor for TorchCuda {
    fn name(&self) -> &'static str {
        "torch-cuda"
    }

    fn summary(&self) -> &'static str {
        "the start of PyTorch's generators on CUDA devices"
    }

    fn mend(&self) -> &'static str {
        "Tensors made on the device draw from the device's own generator. `torch.manual_seed(seed)` \
         seeds it together with the others; `torch.cuda.manual_seed_all(seed)` seeds it alone."
    }

    fn kind(&self) -> Kind {
        Kind::Generator
    }

    fn carrier(&self) -> Carrier {
        Carrier::Shim
    }

    fn apply(&self, level: Level, conditions: &mut Conditions) {
        conditions.shim.insert("TORCH_CUDA".to_owned(), seed(level));
    }
}
