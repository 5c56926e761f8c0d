mod logs_formats;
mod logs_truth;
