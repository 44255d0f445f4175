"""What people look at: tables, plots, drawings, films."""
