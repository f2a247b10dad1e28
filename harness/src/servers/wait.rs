//! Waiting for something, for a time at most, and no longer than the run goes on.

use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use super::Fault;
use crate::stop::Stop;

/// What came of waiting.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::servers) enum Waited<T> {
    /// What was waited for.
    Came(T),
    /// It will never come.
    Lost,
    /// It has not come in time.
    TooLate,
}

/// Waits for what another thread sends.
///
/// # Errors
/// When the word to stop comes first.
pub(in crate::servers) fn wait_for<T>(
    told: oneshot::Receiver<T>,
    patience: Duration,
    stop: Stop,
) -> Result<Waited<T>, Fault> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.map_err(|error| Fault(format!("no runtime: {error}")))?;
    runtime.block_on(async {
        tokio::select! {
            came = timeout(patience, told) => Ok(match came {
                Ok(Ok(came)) => Waited::Came(came),
                Ok(Err(_)) => Waited::Lost,
                Err(_) => Waited::TooLate,
            }),
            by = stop.given() => Err(Fault::stopped(by)),
        }
    })
}

/// Lets time pass.
///
/// # Errors
/// When the word to stop comes first.
pub(in crate::servers) fn wait_out(time: Duration, stop: Stop) -> Result<(), Fault> {
    // Nobody sends: what is waited for is the time.
    let (_nobody, never) = oneshot::channel::<()>();
    wait_for(never, time, stop).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stop::StoppedBy;

    const LONG: Duration = Duration::from_hours(1);

    #[test]
    fn a_wait_ends_with_what_comes_with_its_time_or_with_the_word_to_stop() {
        let (tell, told) = oneshot::channel();
        tell.send(7).unwrap();
        assert_eq!(wait_for(told, LONG, Stop::NEVER), Ok(Waited::Came(7)));
        let (tell, told) = oneshot::channel::<u8>();
        drop(tell);
        assert_eq!(wait_for(told, LONG, Stop::NEVER), Ok(Waited::Lost));
        let (_tell, told) = oneshot::channel::<u8>();
        assert_eq!(wait_for(told, Duration::ZERO, Stop::NEVER), Ok(Waited::TooLate));
        assert_eq!(wait_out(Duration::ZERO, Stop::NEVER), Ok(()));
        let stop = Stop::new();
        stop.give(StoppedBy::Interrupt);
        let stopped = wait_out(LONG, stop).unwrap_err();
        assert!(stopped.is_cut_off() && stopped.0 == "cut off by Ctrl-C", "{stopped}");
    }
}
