"""Write one HTML page that shows the video beside a 3D view."""
