//! The counter on a mock host.

#![forbid(unsafe_code)]

use rps_example_counter::{Counter, starting_at};
use rps_plugin::testing::{MockError, MockHost};
use rps_plugin::{Json, abi::status};

#[test]
fn it_counts() -> Result<(), MockError> {
    let host = MockHost::load::<Counter>()?;
    assert_eq!(host.call("counter_increment", &[2.into()])?, 2.into());
    assert_eq!(host.call("counter_increment", &[40.into()])?, 42.into());
    assert_eq!(host.execute("counter", "-2")?, b"40");
    assert_eq!(host.execute("counter", "")?, b"40");
    assert_eq!(host.call("counter_value", &[])?, 40.into());
    Ok(())
}

#[test]
fn it_starts_where_the_settings_say() -> Result<(), MockError> {
    let host = MockHost::load_with::<Counter>(starting_at(100))?;
    assert_eq!(host.call("counter_value", &[])?, 100.into());

    let host = MockHost::load_with::<Counter>(Json::object(
        [("start", "here")].map(|(key, value)| (key, Json::from(value))),
    ))?;
    let error = host.call("counter_value", &[]).unwrap_err();
    assert_eq!(error.message, "the setting `start` of the plugin counter is \"here\", not an integer");
    Ok(())
}

#[test]
fn its_total_is_saved_and_restored() -> Result<(), MockError> {
    let host = MockHost::load::<Counter>()?;
    host.call("counter_increment", &[7.into()])?;
    let (version, bytes) = host.snapshot("counter/total")?;
    assert_eq!((version, bytes.as_slice()), (1, &[7, 0, 0, 0, 0, 0, 0, 0][..]));

    // A restored total counts, not the start.
    let host = MockHost::load_with::<Counter>(starting_at(100))?;
    host.restore("counter/total", version, &bytes)?;
    host.restore("counter/total", version, &bytes)?;
    assert_eq!(host.call("counter_value", &[])?, 7.into());
    Ok(())
}

#[test]
fn what_it_can_not_restore_changes_nothing() -> Result<(), MockError> {
    let host = MockHost::load_with::<Counter>(starting_at(5))?;
    let error = host.restore("counter/total", 2, &[0; 8]).unwrap_err();
    assert_eq!(error.status, status::UNSUPPORTED);
    assert!(error.message.ends_with("unsupported snapshot version: 2 (expected one of [1])"), "{error}");
    let error = host.restore("counter/total", 1, &[0; 7]).unwrap_err();
    assert_eq!(error.status, status::CORRUPT);
    assert_eq!(host.call("counter_value", &[])?, 5.into());
    Ok(())
}

#[test]
fn an_overflow_is_an_error_that_programs_can_catch() -> Result<(), MockError> {
    let host = MockHost::load_with::<Counter>(starting_at(i64::MAX))?;
    let error = host.call("counter_increment", &[1.into()]).unwrap_err();
    assert_eq!((error.status, error.code.as_deref()), (status::RAISED, Some("counter::overflow")));
    assert_eq!(host.call("counter_value", &[])?, i64::MAX.into());
    Ok(())
}
