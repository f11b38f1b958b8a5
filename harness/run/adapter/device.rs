//! An opened adapter whose errors are values: wgpu reports them through scopes and callbacks, and would panic where nobody listens.

use std::sync::{Arc, Mutex, PoisonError};

use wgpu::{DeviceDescriptor, ErrorFilter, PollError, PollType, SubmissionIndex};

use super::{Error, facts};

pub(super) struct Device {
    pub(super) gpu: wgpu::Device,
    pub(super) queue: wgpu::Queue,
    /// What was reported outside of a scope, in order.
    trouble: Arc<Mutex<Vec<Error>>>,
}

impl Device {
    pub(super) fn open(adapter: &wgpu::Adapter) -> Result<Self, Error> {
        let descriptor = DeviceDescriptor {
            required_features: facts::features(adapter),
            required_limits: adapter.limits(),
            ..DeviceDescriptor::default()
        };
        let opened = pollster::block_on(adapter.request_device(&descriptor));
        let (device, queue) = opened.map_err(|error| Error::DeviceLost { message: error.to_string() })?;
        let trouble = Arc::new(Mutex::new(Vec::new()));
        let uncaptured = Arc::clone(&trouble);
        device.on_uncaptured_error(Arc::new(move |error| note(&uncaptured, classify(&error, "a command"))));
        let lost = Arc::clone(&trouble);
        device.set_device_lost_callback(move |reason, message| {
            note(&lost, Error::DeviceLost { message: format!("{message} ({reason:?})") });
        });
        Ok(Self { gpu: device, queue, trouble })
    }

    /// Does something and says what went wrong with it; `what` names it for messages.
    pub(super) fn scoped<T>(&self, what: &str, work: impl FnOnce() -> T) -> Result<T, Error> {
        let memory = self.gpu.push_error_scope(ErrorFilter::OutOfMemory);
        let internal = self.gpu.push_error_scope(ErrorFilter::Internal);
        let validation = self.gpu.push_error_scope(ErrorFilter::Validation);
        let done = work();
        let mut errors = Vec::new();
        // The innermost scope comes first; wgpu insists on that order.
        for scope in [validation, internal, memory] {
            errors.extend(pollster::block_on(scope.pop()));
        }
        self.check()?;
        errors.first().map_or(Ok(done), |error| Err(classify(error, what)))
    }

    /// What was reported outside of scopes; a lost adapter comes first, for all else follows from it.
    pub(super) fn check(&self) -> Result<(), Error> {
        let trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        let lost = trouble.iter().find(|error| matches!(error, Error::DeviceLost { .. }));
        lost.or(trouble.first()).map_or(Ok(()), |error| Err(error.clone()))
    }

    /// Waits until a submission is done. The parent's watchdog ends a wait that takes too long.
    pub(super) fn wait(&self, submission: &SubmissionIndex) -> Result<(), Error> {
        loop {
            let until = PollType::Wait { submission_index: Some(submission.clone()), timeout: None };
            match self.gpu.poll(until) {
                Err(PollError::Timeout) => self.check()?,
                Err(error) => return Err(Error::DeviceLost { message: error.to_string() }),
                Ok(_) => return self.check(),
            }
        }
    }
}

fn note(trouble: &Mutex<Vec<Error>>, error: Error) {
    trouble.lock().unwrap_or_else(PoisonError::into_inner).push(error);
}

fn classify(error: &wgpu::Error, what: &str) -> Error {
    let message = error.to_string();
    match error {
        wgpu::Error::OutOfMemory { .. } => Error::OutOfMemory { message: what.to_owned() },
        _ if message.contains("Parent device is lost") => Error::DeviceLost { message },
        wgpu::Error::Validation { .. } => Error::Validation { message },
        wgpu::Error::Internal { .. } => {
            Error::Validation { message: format!("the driver refuses {what}: {message}") }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::adapter::Choice;

    #[test]
    fn a_lost_adapter_is_an_error_value() {
        let adapter = facts::choose(&Choice::default()).unwrap();
        let device = Device::open(&adapter).unwrap();
        let submit = || device.scoped("nothing", || device.queue.submit([]));
        let submission = submit().unwrap();
        device.gpu.destroy();
        let error = device.wait(&submission).and_then(|()| submit()).unwrap_err();
        assert!(matches!(error, Error::DeviceLost { .. }), "{error}");
    }

    #[test]
    fn errors_that_nobody_listens_to_are_kept() {
        let adapter = facts::choose(&Choice::default()).unwrap();
        let device = Device::open(&adapter).unwrap();
        let usage =
            wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::MAP_WRITE | wgpu::BufferUsages::STORAGE;
        let descriptor =
            wgpu::BufferDescriptor { label: None, size: u64::MAX, usage, mapped_at_creation: false };
        drop(device.gpu.create_buffer(&descriptor));
        assert!(matches!(device.check(), Err(Error::Validation { .. })));
    }

    #[test]
    fn wgpus_kinds_of_errors_stay_apart() {
        let memory = wgpu::Error::OutOfMemory { source: "no pages".into() };
        let error = classify(&memory, "64 bytes");
        assert_eq!(error, Error::OutOfMemory { message: "64 bytes".to_owned() });
        let internal =
            wgpu::Error::Internal { source: "bug".into(), description: "no such register".to_owned() };
        assert!(
            classify(&internal, "the kernel").to_string().contains("refuses the kernel: no such register")
        );
    }
}
