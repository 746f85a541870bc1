from django.urls import path

from plan import views

app_name = "plan"
urlpatterns = [
    path("", views.HomeView.as_view(), name="home"),
    path("plan/", views.PlanView.as_view(), name="plan"),
    path("chapters/<int:number>/", views.ChapterView.as_view(), name="chapter"),
    path("measures/<int:number>/", views.MeasureView.as_view(), name="measure"),
    path("units/", views.UnitListView.as_view(), name="units"),
    path("units/<str:label>/", views.UnitView.as_view(), name="unit"),
    path("search/", views.SearchView.as_view(), name="search"),
]
