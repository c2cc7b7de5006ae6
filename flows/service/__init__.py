"""What makes runs a service: their record, logs, figures for monitoring, messages, schedules and clean-up."""
