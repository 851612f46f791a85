"""Networks run on a CPU by OpenVINO, which is faster than torch there, most of all a busy one."""
