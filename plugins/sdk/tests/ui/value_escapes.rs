use rps_plugin::{Call, Error, Value};

fn scoped<'call>(call: &'call Call) -> Result<Value<'call>, Error> {
    call.scope(|inner| inner.int(1))
}

fn main() {}
